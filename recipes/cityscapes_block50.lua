-- HRNet-W48 on Cityscapes, 50 % of the pixels labelled in blocks.
return tel.extend(require "cityscapes", {
  name = "cityscapes_block50",
  data = {train = {labels = "sparse_label/block50"}},
})
