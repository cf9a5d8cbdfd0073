-- DeepLabV3+ with ResNet-101 on ADE20K, 50 % of the pixels labelled in blocks.

local base, published = require "ade20k", require "published"

return tel.extend(base, {
  name = "ade20k_deeplabv3plus",
  model = published.deeplabv3plus(base.model.classes),
})
