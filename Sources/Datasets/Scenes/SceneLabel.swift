/// The classes that made scenes have, with their Cityscapes label ids.
public enum SceneLabel: UInt8, CaseIterable, Sendable {
  case road = 7
  case sidewalk = 8
  case building = 11
  case fence = 13
  case pole = 17
  case trafficSign = 20
  case vegetation = 21
  case terrain = 22
  case sky = 23
  case person = 24
  case car = 26
}
