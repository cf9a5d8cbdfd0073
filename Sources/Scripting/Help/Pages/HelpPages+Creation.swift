extension HelpPages {
  /// Making tensors, and what belongs to no tensor.
  static let creation = #"""
    # tel.zeros
    > tel.zeros(2, 3)
    0  0  0
    0  0  0
    [float32 2×3]
    # tel.ones
    > tel.ones(2, 2) * 5
    5  5
    5  5
    [float32 2×2]
    # tel.full
    > tel.full({2, 2}, 0.25)
    0.2500  0.2500
    0.2500  0.2500
    [float32 2×2]
    # tel.arange
    > tel.arange(5)
    0  1  2  3  4
    [float32 5]
    # tel.rand
    > tel.seed(1); x = tel.rand(1000);
    > x:min():item() >= 0, x:max():item() < 1
    true	true
    # tel.randn
    > tel.seed(1); x = tel.randn(10000);
    > math.abs(x:mean():item()) < 0.05, math.abs(x:std():item() - 1) < 0.05
    true	true
    # tel.seed
    > tel.seed(3); a = tel.rand(4);
    > tel.seed(3); a:eq(tel.rand(4)):min():item()
    1
    # tel.tensor
    > tel.tensor({{1, 2}, {3, 4}}, "int32")
    1  2
    3  4
    [int32 2×2]
    # tel.stack
    > tel.stack({tel.zeros(3), tel.ones(3)}, 1)
    0  0  0
    1  1  1
    [float32 2×3]
    # tel.concat
    > tel.concat({tel.zeros(1, 2), tel.ones(2, 2)}, 1)
    0  0
    1  1
    1  1
    [float32 3×2]
    # tel.where
    > x = tel.tensor{-1, 2, -3};
    > tel.where(x:gt(0), x, 0)
    0  2  0
    [float32 3]
    # tel.no_grad
    > w = tel.ones(2):requires_grad_();
    > tel.no_grad(function() return w * 2 end)
    2  2
    [float32 2]
    # tel.check_gradients
    > tel.check_gradients(function(x) return (x * x):sum() end, {tel.tensor{1, 2, 3}}) < 1e-6
    true
    # tel.help
    > tel.help("tel.arange")
    tel.arange(n) -> float32 [n]: 0, 1, … n - 1

    example:
      > tel.arange(5)
      0  1  2  3  4
      [float32 5]
    # tel.describe
    > print(tel.describe{1, {a = 2}})
    {1, {a = 2}}
    # tel.extend
    > base = tel.optim.sgd{lr = 0.01, momentum = 0.9};
    > print(tel.extend(base, {lr = 0.1, momentum = tel.none}))
    tel.optim.sgd{lr = 0.1}
    # tel.log
    > tiny = tel.recipe{
    .   name = "logging", iterations = 1, batch = 2, data = {train = tel.data.scenes{size = {64, 32}, count = 4}},
    .   model = tel.models.hrnet{classes = 11, width = 4, modules = {1, 1, 1}, blocks = 1, bottlenecks = 1, stem = 8},
    .   loss = {tel.loss.cross_entropy{}}, optimizer = tel.optim.sgd{lr = 0.01},
    .   on_step = function(run) tel.log("temperature", 0.5) end,
    . };
    > tel.train(tiny).name
    "logging"
    # tel.train
    > tiny = tel.recipe{
    .   name = "training", iterations = 2, batch = 2, data = {train = tel.data.scenes{size = {64, 32}, count = 4}},
    .   model = tel.models.hrnet{classes = 11, width = 4, modules = {1, 1, 1}, blocks = 1, bottlenecks = 1, stem = 8},
    .   loss = {tel.loss.cross_entropy{}}, optimizer = tel.optim.sgd{lr = 0.01},
    . };
    > tel.train(tiny).name
    "training"
    # print
    > print("a", 1, nil)
    a	1	nil
    # require
    > require("tel") == tel
    true
    # math.random
    > math.randomseed(1); n = math.random(6);
    > n >= 1 and n <= 6
    true
    # math.randomseed
    > math.randomseed(7); a = math.random();
    > math.randomseed(7); a == math.random()
    true
    # random stream:normal
    > tel.data.custom{count = 1, classes = 2, get = function(i, random)
    .   local brightness = 100 + 10 * random:normal()
    .   return {image = tel.full({3, 4, 4}, brightness):to("uint8"), labels = tel.zeros(4, 4):to("int32")}
    . end}:sample(1).image:shape()
    {3, 4, 4}
    # random stream:uniform
    > tel.data.custom{count = 1, classes = 2, get = function(i, random)
    .   local grey = random:uniform(0, 255)
    .   return {image = tel.full({3, 4, 4}, grey):to("uint8"), labels = tel.zeros(4, 4):to("int32")}
    . end}:sample(1).labels:shape()
    {4, 4}
    """#
}
