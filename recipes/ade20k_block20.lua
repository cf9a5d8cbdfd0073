-- HRNet-W48 on ADE20K, 20 % of the pixels labelled in blocks.
return tel.extend(require "ade20k", {
  name = "ade20k_block20",
  data = {train = {labels = "sparse_label/block20"}},
})
