-- HRNet-W48 on Cityscapes, 20 % of the pixels labelled in blocks.
return tel.extend(require "cityscapes", {
  name = "cityscapes_block20",
  data = {train = {labels = "sparse_label/block20"}},
})
