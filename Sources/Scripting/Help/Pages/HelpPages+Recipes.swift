extension HelpPages {
  /// What recipes are made of.
  static let recipes = #"""
    # data
    - augment  steps in order: tel.augment.…, or functions(sample, random) that change the sample or return another
    - batch_size  {width, height} of the images of a batch; the last crop's unless given
    - placement  where smaller images lie in it
    - threads  how many threads load ahead
    - shorter_side  for evaluation: the shorter side becomes so long
    - resize  for evaluation: {width, height}
    - multiple  for evaluation: sides are made multiples of it
    - window  for evaluation: {width, height} of a sliding window
    - window_stride  {width, height} of its steps; two thirds of the window unless given
    - root  the folder of the data set, looked up below --data-root as well
    - split  which part
    - labels  which labels: the folder's name below the split, as in "sparse_label/block50"; "FILE.h5:/GROUP" for pseudo-labels; a list of both, of which the former win
    - confidence  of pseudo-labels: below it a pixel is unlabelled
    - annotation  which labels train has: scribbles, points, or whole masks
    - images  the folder of images
    - classes  how many, or their names
    - ids  the value of each class in label files; 0, 1, … unless given; others are unlabelled
    - palette  colours {red, green, blue}, 0 to 255, one for each class
    - size  {width, height} in pixels
    - count  how many
    - first  the number of the first scene
    - seed  what the scenes are a function of, with their numbers
    - get  function(i, random) -> {image = uint8 [3, H, W], labels = integers [H, W], name =}
    - weights  how often each data set is drawn from; by size unless given
    # tel.data.cityscapes
    > tel.data.cityscapes{split = "train", labels = "sparse_label/block50"}.root
    "cityscapes"
    # tel.data.ade20k
    > tel.data.ade20k{split = "val", shorter_side = 512}.labels
    "label"
    # tel.data.voc2012
    > tel.data.voc2012{split = "train", annotation = "point"}.annotation
    "point"
    # tel.data.folder
    > tel.data.folder{images = "photos", labels = "masks", classes = {"other", "road"}}.images
    "photos"
    # tel.data.scenes
    > data = tel.data.scenes{size = {64, 32}, count = 4};
    > data:sample(1).image:shape()
    {3, 32, 64}
    # tel.data.custom
    > tel.data.custom{count = 1, classes = 2, get = function(i, random)
    .   return {image = tel.zeros(3, 4, 4):to("uint8"), labels = tel.zeros(4, 4):to("int32"), name = "black"}
    . end}:sample(1).name
    "black"
    # tel.data.mix
    > a = tel.data.scenes{size = {64, 32}, count = 4}; b = tel.data.scenes{size = {64, 32}, count = 2, first = 4};
    > tel.data.mix{a, b, weights = {2, 1}}:count()
    6
    # data:count
    > tel.data.scenes{size = {64, 32}, count = 4}:count()
    4
    # data:classes
    > #tel.data.scenes{size = {64, 32}, count = 4, classes = "cityscapes"}:classes()
    19
    # data:sample
    > tel.data.scenes{size = {64, 32}, count = 4}:sample(2).labels:shape()
    {32, 64}
    # tel.augment.scale
    - scale  {smallest, largest} factor of both sides
    - aspect  {smallest, largest} ratio of the sides' factors
    > tel.augment.scale{scale = {0.5, 2}}.scale
    {0.5, 2}
    # tel.augment.resize
    - side  the shorter side, in pixels
    > tel.augment.resize{side = 512}.side
    512
    # tel.augment.crop
    - width  in pixels
    - height  in pixels
    > tel.augment.crop{1024, 512}.width
    1024
    # tel.augment.flip
    - p  the chance of it
    > tel.augment.flip{}.p
    0.5
    # tel.augment.brightness
    - shift  the largest number added, of 255
    > tel.augment.brightness{shift = 5}.shift
    5
    # loss
    - weight  what the loss is multiplied by
    # tel.loss.cross_entropy
    - ignore  the label of pixels that don't count
    - weights  a factor for each class
    - soft  whether labels are distributions [N, K, H, W] over the classes
    > loss = tel.loss.cross_entropy{ignore = -1};
    > loss(tel.zeros(1, 2, 1, 2), tel.tensor({{{0, -1}}}, "int32")):item()
    0.6931471824645996
    # tel.loss.tree_energy
    - sigma  how fast affinity fades along the low tree; 0.002 is the published value
    - levels  the trees: "low" of the image's colours, "high" of the embedding
    - groups  in how many groups the embedding's channels are split
    > loss = tel.loss.tree_energy{sigma = 0.02, levels = {"low"}};
    > unlabelled = tel.full({1, 4, 4}, -1):to("int32");
    > loss(tel.zeros(1, 2, 4, 4), tel.zeros(1, 3, 4, 4), nil, unlabelled):item()
    0.0
    # optimizer
    - lr  the learning rate, which the schedule scales
    - momentum  how much of the last step goes on
    - weight_decay  how much of each weight is added to its gradient, or, of adamw, taken off
    - nesterov  whether the gradient is taken after the momentum's step
    - betas  how slowly the means of gradients and of their squares move
    - epsilon  added to the root in the divisor
    - groups  rules for parameters, the first that matches wins
    - groups.match  a Lua pattern of state-dict keys
    - groups.lr  a factor of the learning rate
    - groups.weight_decay  in the place of the optimizer's
    # tel.optim.sgd
    > tel.optim.sgd{lr = 0.01, momentum = 0.9, weight_decay = 5e-4}.momentum
    0.9
    # tel.optim.adamw
    > tel.optim.adamw{lr = 1e-4}.betas
    {0.9, 0.999}
    # tel.schedule.poly
    - power  of what is left of the run
    > tel.schedule.poly{power = 1}(50, 100)
    0.5
    # tel.schedule.constant
    > tel.schedule.constant()(50, 100)
    1.0
    # tel.schedule.step
    - every  iterations between steps
    - factor  what each step multiplies by
    > tel.schedule.step{every = 10, factor = 0.5}(25, 100)
    0.25
    # tel.schedule.cosine
    - minimum  the factor at the end
    > tel.schedule.cosine{minimum = 0.1}(0, 100)
    1.0
    # tel.schedule.warmup
    - iterations  how long the factor grows
    - inner  the schedule that follows
    > tel.schedule.warmup(10, tel.schedule.constant())(4, 100)
    0.5
    # tel.recipe
    - name  of the run's folder
    - iterations  steps of the optimizer
    - batch  images in each
    - loss_groups  in how many parts of a batch losses are normalised by themselves
    - accumulate  batches whose gradients are added for a step
    - storage  type of what is kept for the backward pass
    - model  tel.models.… or tel.module{…}
    - data  the data sets
    - data.train  for training
    - data.val  for validation and tests
    - loss  a list of tel.loss.…, or function(out, batch, recipe) -> loss, {named parts}
    - optimizer  tel.optim.…
    - schedule  tel.schedule.…, or a pure function(iteration, total) -> factor
    - clip_gradient_norm  gradients longer than this are shortened to it
    - average  a running average of the weights, used for evaluation
    - average.decay  how much of it stays at each step
    - validate_every  iterations between validations
    - validate_at_start  whether one is made before the first step
    - save_every  iterations, or a time such as "10min", between checkpoints
    - keep  how many of the last checkpoints stay
    - milestone_every  iterations after which a checkpoint stays for ever
    - save_pseudo_labels  what the loss pulls predictions towards, as files
    - save_pseudo_labels.every  iterations between them
    - save_pseudo_labels.split  of which images: "train" or "val"
    - save_pseudo_labels.top  how many classes of each pixel
    - log_every  iterations between lines of progress
    - test  how tests are made
    - test.protocol  whose rules: the published ones with their defects, or what data.val says
    - test.scales  factors of the image's size; logits are summed
    - test.flip  whether mirrored images are added
    - test.window  {width, height} of the sliding window
    - test.probabilities  whether files with all classes' probabilities are written
    - best  which measure decides on best.h5: a name, or function(metrics)
    - params  constants that functions read as recipe.params
    - state  what functions change; saved and restored
    - evaluate  function(out, batch, score): measures of one's own
    - on_start  function(run), before the first step
    - on_step  function(run), after each
    - on_validate  function(run), after each validation
    - on_save  function(run), after each checkpoint
    - on_end  function(run), at the end
    > recipe = tel.recipe{
    .   name = "small", iterations = 100, batch = 2,
    .   model = tel.models.hrnet{classes = 11, width = 8},
    .   data = {train = tel.data.scenes{count = 8}},
    .   loss = {tel.loss.cross_entropy{}}, optimizer = tel.optim.sgd{lr = 0.01},
    . };
    > recipe.optimizer.lr, recipe.log_every
    0.01	50
    # run:log
    > tiny = tel.recipe{
    .   name = "measures", iterations = 1, batch = 2, data = {train = tel.data.scenes{size = {64, 32}, count = 4}},
    .   model = tel.models.hrnet{classes = 11, width = 4, modules = {1, 1, 1}, blocks = 1, bottlenecks = 1, stem = 8},
    .   loss = {tel.loss.cross_entropy{}}, optimizer = tel.optim.sgd{lr = 0.01},
    .   on_step = function(run) run:log("loss_squared", run.loss ^ 2) end,
    . };
    > tel.train(tiny).name
    "measures"
    # run:stop
    > tiny = tel.recipe{
    .   name = "stopping", iterations = 100, batch = 2, data = {train = tel.data.scenes{size = {64, 32}, count = 4}},
    .   model = tel.models.hrnet{classes = 11, width = 4, modules = {1, 1, 1}, blocks = 1, bottlenecks = 1, stem = 8},
    .   loss = {tel.loss.cross_entropy{}}, optimizer = tel.optim.sgd{lr = 0.01},
    .   on_step = function(run) if run.iteration == 1 then run:stop("enough") end end,
    . };
    > tel.train(tiny).name
    "stopping"
    # run:save
    > tiny = tel.recipe{
    .   name = "saving", iterations = 1, batch = 2, data = {train = tel.data.scenes{size = {64, 32}, count = 4}},
    .   model = tel.models.hrnet{classes = 11, width = 4, modules = {1, 1, 1}, blocks = 1, bottlenecks = 1, stem = 8},
    .   loss = {tel.loss.cross_entropy{}}, optimizer = tel.optim.sgd{lr = 0.01},
    .   on_step = function(run) run:save() end,
    . };
    > tel.train(tiny).name
    "saving"
    """#
}
