-- What the rows of ADE20K with block labels share (HRNet-W48, published settings). Not run by itself: the recipes
-- ade20k_block10, _block20 and _block50 name their labels.

local published = require "published"
local side = 512 -- of the shorter side, and of crops

return tel.extend(published.recipe, {
  iterations = 150000, batch = 16,
  model = published.hrnet(150),
  data = {
    train = tel.data.ade20k{
      root = "ade20k", split = "train", labels = "sparse_label/block50",
      augment = {
        published.flip, tel.augment.resize{side = side}, published.scale, tel.augment.crop{width = side, height = side},
        published.brightness,
      },
    },
    val = tel.data.ade20k{root = "ade20k", split = "val", shorter_side = side, multiple = 8},
  },
  optimizer = {lr = 0.02, weight_decay = 1e-4},
})
