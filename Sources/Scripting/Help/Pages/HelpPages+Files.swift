extension HelpPages {
  /// Images, pictures and files.
  static let files = #"""
    # tel.image.read
    > tel.image.write("red.png", tel.full({3, 2, 4}, 255):to("uint8"))
    > tel.image.read("red.png"):shape()
    {3, 2, 4}
    # tel.image.read_labels
    > tel.image.write("classes.png", tel.tensor({{0, 1}, {2, 3}}, "int32"))
    > tel.image.read_labels("classes.png")
    0  1
    2  3
    [uint8 2×2]
    # tel.image.write
    > tel.image.write("black.png", tel.zeros(3, 4, 4):to("uint8"))
    # tel.image.resize
    > tel.image.resize(tel.zeros(3, 4, 4):to("uint8"), {8, 2}):shape()
    {3, 2, 8}
    # tel.image.input
    > tel.image.input(tel.zeros(3, 4, 4):to("uint8")):shape()
    {1, 3, 4, 4}
    # tel.image.guide
    > tel.image.guide(tel.full({3, 4, 4}, 255):to("uint8")):max():item()
    1.0
    # tel.image.colour
    > tel.image.colour(tel.zeros(1, 1):to("int32"), "cityscapes"):reshape(3)
    128   64  128
    [uint8 3]
    # tel.image.overlay
    > tel.image.overlay(tel.zeros(3, 2, 2):to("uint8"), tel.zeros(2, 2):to("int32"), "voc"):shape()
    {3, 2, 2}
    # tel.image.sheet
    > picture = tel.zeros(3, 20, 30):to("uint8");
    > tel.image.sheet{{picture, {picture, "truth"}}}:shape()[1]
    3
    # tel.image.draw
    > tel.image.draw({3, 2, 1.5}):shape()[1]
    3
    # tel.show
    > tel.show({3, 2, 1.5}, {title = "loss", out = "loss.svg"})
    loss.svg
    # tel.hdf5.open
    > f = tel.hdf5.open("a.h5", "w"); f:write("/x", tel.arange(3)); f:close()
    > tel.hdf5.open("a.h5"):read("/x")
    0  1  2
    [float32 3]
    # file:read
    > f = tel.hdf5.open("a.h5", "w"); f:write("/note", "three runs"); f:close()
    > tel.hdf5.open("a.h5"):read("/note")
    "three runs"
    # file:write
    > f = tel.hdf5.open("a.h5", "w");
    > f:write("/run", {loss = {0.5, 0.4}, name = "first"})
    > f:keys("/run")
    {"loss", "name"}
    # file:keys
    > f = tel.hdf5.open("a.h5", "w"); f:write("/x", 1); f:write("/y", 2);
    > f:keys()
    {"x", "y"}
    # file:exists
    > tel.hdf5.open("a.h5", "w"):exists("/x")
    false
    # file:attributes
    > f = tel.hdf5.open("a.h5", "w"); f:attributes("/", {version = 1});
    > f:attributes()
    {version = 1}
    # file:close
    > f = tel.hdf5.open("a.h5", "w"); f:close()
    """#
}
