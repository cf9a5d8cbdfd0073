-- What the rows of PASCAL VOC 2012 with points or scribbles share (published settings). Not run by itself: the recipes
-- voc2012_deeplabv3plus_* and voc2012_ltf_* name a network and its annotation.

local published = require "published"
local crop = 512

return tel.extend(published.recipe, {
  iterations = 80000,
  model = published.deeplabv3plus(21, 16),
  data = {
    train = tel.data.voc2012{
      root = "voc2012", split = "train", annotation = "scribble",
      augment = {
        published.flip, published.scale, tel.augment.crop{width = crop, height = crop}, published.brightness,
      },
    },
    val = tel.data.voc2012{root = "voc2012", split = "val", annotation = "mask"},
  },
  loss = {[2] = {sigma = 0.02}},
  optimizer = {
    lr = 0.001, weight_decay = 1e-4, groups = {{match = "^backbone%.", lr = 1}, {match = ".", lr = 10}},
  },
  test = {scales = {0.5, 0.75, 1, 1.25, 1.5, 1.75, 2}, flip = true},
})
