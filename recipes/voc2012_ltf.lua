-- What the rows of LTF, whose decoder filters along trees, on PASCAL VOC 2012 share. Not run by itself.

local base, published = require "voc2012", require "published"

return tel.extend(base, {
  batch = 32,
  model = published.ltf(base.model.classes),
  loss = {[2] = {weight = 0.6}},
})
