// env.settings: the effective values of the settings that the manifest declares. A change is a call of the
// handler `settings.changed`; a backend without one is restarted.

/** The settings of the manifest and the types of their values, without secrets. `plugbay types` writes them. */
export interface SettingValues {}

export type Settings = keyof SettingValues extends never
  ? Readonly<Record<string, unknown>>
  : Readonly<SettingValues>
