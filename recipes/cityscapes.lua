-- What the rows of Cityscapes with block labels share (HRNet-W48, published settings). Not run by itself: the recipes
-- cityscapes_block10, _block20 and _block50 name their labels.

local function cityscapes(options)
  options.root = "cityscapes"
  return tel.data.cityscapes(options)
end

return tel.recipe{
  iterations = 40000, batch = 8,
  loss_groups = 4, -- losses normalised per quarter of the batch: the published trainer ran four processes
  model = tel.models.hrnet_w48{classes = 19, pretrained = "pretrained/hrnetv2_w48_imagenet_pretrained.pth"},
  data = {
    train = cityscapes{
      split = "train", labels = "sparse_label/block50",
      augment = {
        tel.augment.scale{scale = {0.5, 2}, aspect = {0.9, 1.1}},
        tel.augment.crop{width = 1024, height = 512},
        tel.augment.flip{p = 0.5},
        tel.augment.brightness{shift = 10},
      },
    },
    val = cityscapes{split = "val", labels = "label"},
  },
  loss = {tel.loss.cross_entropy{ignore = -1}, tel.loss.tree_energy{sigma = 0.002, weight = 0.4}},
  optimizer = tel.optim.sgd{lr = 0.01, momentum = 0.9, weight_decay = 5e-4},
  schedule = tel.schedule.poly{power = 0.9},
  validate_every = 1000, validate_at_start = true, save_every = "10min", log_every = 50,
}
