-- What blocks of 50 % give without the Tree Energy Loss, a lower bound: HRNet-W48 on Cityscapes, cross entropy alone.
return tel.extend(require "cityscapes_block50", {
  name = "cityscapes_block50_cross_entropy",
  loss = {(require "published").cross_entropy},
})
