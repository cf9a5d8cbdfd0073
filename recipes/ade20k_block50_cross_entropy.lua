-- What blocks of 50 % give without the Tree Energy Loss, a lower bound: HRNet-W48 on ADE20K, cross entropy alone.
return tel.extend(require "ade20k_block50", {
  name = "ade20k_block50_cross_entropy",
  loss = {(require "published").cross_entropy},
})
