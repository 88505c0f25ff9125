// The place of a plugin, or of one contribution, among others: lower comes first.

export const DEFAULT_PRIORITY = 50
