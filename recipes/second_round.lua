-- A second round of training from the first one's own labels: a small HRNet learns from street scenes of which a tenth is labelled,
-- with the Tree Energy Loss, and labels all pixels of its training images. Another of the same kind then learns from the labels that
-- it was sure of; where there are labels by hand, these count. Options: tel run recipes/second_round.lua [--seed N] [--out DIR]
-- [ITERATIONS [CONFIDENCE [IMAGES]]]

local iterations = tonumber(arg[1] or "300")
local confidence = tonumber(arg[2] or "0.5")
local images = tonumber(arg[3] or "240")
local scenes, seed = {256, 128}, 1

local function experiment(name, labels, changes)
  return tel.extend(
    tel.recipe{
      name = "second_round_" .. name, iterations = iterations, batch = 4,
      model = tel.models.hrnet{
        classes = 11, width = 16, modules = {1, 1, 1}, blocks = 1, bottlenecks = 1, stem = 32, embedding = 64,
      },
      data = {
        train = tel.data.scenes{
          size = scenes, seed = seed, count = images, labels = labels,
          augment = {tel.augment.flip{p = 0.5}, tel.augment.brightness{shift = 10}},
        },
        val = tel.data.scenes{size = scenes, seed = seed, first = 240, count = 32, labels = "dense"},
      },
      loss = {tel.loss.cross_entropy{ignore = -1}, tel.loss.tree_energy{sigma = 0.002, weight = 0.4}},
      optimizer = tel.optim.sgd{lr = 0.0125, momentum = 0.9, weight_decay = 5e-4},
      schedule = tel.schedule.poly{power = 0.9}, log_every = 50,
    }, changes)
end

print("1 of 3: from a tenth of the labels, and labels for the rest")
local first = tel.train(experiment("first", "block10", {save_pseudo_labels = {every = iterations}}))
local pseudo = first.folder .. "/pseudo_labels/iteration-" .. iterations .. ":/pseudo_labels"
print("2 of 3: from these")
local second = tel.train(experiment("second", {"block10", pseudo}, {data = {train = {confidence = confidence}}}))
print("3 of 3: for comparison, as long as both together from a tenth of the labels")
local longer = tel.train(experiment("longer", "block10", {iterations = 2 * iterations}))

print(string.format("\nmean IoU on 32 scenes the networks never saw, labels from a confidence of %g:", confidence))
for name, result in pairs{["1 first round"] = first, ["2 second round"] = second, ["3 first round, twice as long"] = longer} do
  print(string.format("  %-30s %5.1f %%", name, 100 * result.miou))
end
