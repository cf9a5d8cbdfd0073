-- What scribbles give without the Tree Energy Loss, a lower bound: DeepLabV3+ on PASCAL VOC 2012, cross entropy alone.
return tel.extend(require "voc2012_deeplabv3plus_scribble", {
  name = "voc2012_deeplabv3plus_scribble_cross_entropy",
  loss = {(require "published").cross_entropy},
})
