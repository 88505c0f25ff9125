// env.settings: the effective values of the settings that the manifest declares. A change restarts the instance.

export type Settings = Readonly<Record<string, unknown>>
