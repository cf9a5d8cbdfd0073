extension LuaState {
  /// Everything under the global `tel` that needs no run: tensors, trees, files, images.
  public func registerNamespaces() {
    registerTensorCreation()
    registerTensorMethods()
    registerTrees()
    registerLayerFunctions()
    registerHDF5()
    registerImages()
    registerConfigurations()
    registerRandomStreams()
    registerModels()
    registerAugmentations()
    registerDatasets()
    registerLosses()
    registerOptimizers()
    registerSchedules()
    registerRecipes()
    registerRuns()
    registerHelp()
  }
}
