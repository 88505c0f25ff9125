// The priority of a plugin, or of one contribution: lower comes first.

export const DEFAULT_PRIORITY = 50
