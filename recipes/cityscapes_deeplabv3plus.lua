-- DeepLabV3+ with ResNet-101 on Cityscapes, 50 % of the pixels labelled in blocks.

local base, published = require "cityscapes", require "published"

return tel.extend(base, {
  name = "cityscapes_deeplabv3plus",
  model = published.deeplabv3plus(base.model.classes),
  optimizer = {lr = 0.005},
})
