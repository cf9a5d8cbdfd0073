-- HRNet-W48 on ADE20K, 50 % of the pixels labelled in blocks.
return tel.extend(require "ade20k", {
  name = "ade20k_block50",
  data = {train = {labels = "sparse_label/block50"}},
})
