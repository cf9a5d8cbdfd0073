-- HRNet-W48 on Cityscapes, 10 % of the pixels labelled in blocks.
return tel.extend(require "cityscapes", {
  name = "cityscapes_block10",
  data = {train = {labels = "sparse_label/block10"}},
})
