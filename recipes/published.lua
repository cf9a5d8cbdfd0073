-- What all published rows share. Not run by itself: the recipes of the data sets extend it.

local published = {}

published.scale = tel.augment.scale{scale = {0.5, 2}, aspect = {0.9, 1.1}}
published.flip = tel.augment.flip{p = 0.5}
published.brightness = tel.augment.brightness{shift = 10}

published.cross_entropy = tel.loss.cross_entropy{ignore = -1}

function published.hrnet(classes)
  return tel.models.hrnet_w48{classes = classes, pretrained = "pretrained/hrnetv2_w48_imagenet_pretrained.pth"}
end

local resnet = "pretrained/resnet101-imagenet.pth"

-- The configuration for blocks; for points and scribbles the output stride is 16.
function published.deeplabv3plus(classes, output_stride)
  return tel.models.deeplabv3plus{
    classes = classes, backbone = "resnet101", output_stride = output_stride or 8, pretrained = resnet,
  }
end

function published.ltf(classes)
  return tel.models.ltf{classes = classes, backbone = "resnet101", pretrained = resnet}
end

published.recipe = tel.recipe{
  loss_groups = 4, -- losses normalised per quarter of the batch: the published trainer ran four processes
  loss = {published.cross_entropy, tel.loss.tree_energy{sigma = 0.002, weight = 0.4}},
  optimizer = tel.optim.sgd{momentum = 0.9},
  schedule = tel.schedule.poly{power = 0.9},
  validate_every = 1000, validate_at_start = true, save_every = "10min", log_every = 50,
  test = {protocol = "published"},
}

return published
