-- What the rows of Cityscapes with block labels share (HRNet-W48, published settings). Not run by itself: the recipes
-- cityscapes_block10, _block20 and _block50 name their labels.

local published = require "published"

return tel.extend(published.recipe, {
  iterations = 40000, batch = 8,
  model = published.hrnet(19),
  data = {
    train = tel.data.cityscapes{
      root = "cityscapes", split = "train", labels = "sparse_label/block50",
      augment = {published.scale, tel.augment.crop{width = 1024, height = 512}, published.flip, published.brightness},
    },
    val = tel.data.cityscapes{root = "cityscapes", split = "val"},
  },
  optimizer = {lr = 0.01, weight_decay = 5e-4},
})
