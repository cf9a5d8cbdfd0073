extension LuaState {
  /// Everything under the global `tel` that needs no run: tensors, trees, files, images.
  public func registerNamespaces() {
    registerTensorCreation()
    registerTensorMethods()
    registerTrees()
    registerLayerFunctions()
    registerHDF5()
    registerImages()
    registerPictures()
    registerConfigurations()
    registerRandomStreams()
    registerModels()
    registerLayers()
    registerModules()
    registerAugmentations()
    registerDatasets()
    registerLosses()
    registerOptimizers()
    registerSchedules()
    registerRecipes()
    registerRuns()
    registerTraining()
    registerHelp()
    refuseUnknownMembers()
  }
}
