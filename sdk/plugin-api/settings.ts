// env.settings: the effective values of the settings that the manifest declares. A change is a call of the
// handler `settings.changed`; a backend without one is restarted.

import type { ManifestField } from './manifest-values.ts'

/** The types of settings that an author declares by hand; `plugbay types` reads those of the manifest. */
export interface SettingValues {}

/** By name, without secrets, with the types of the manifest. */
export type Settings = ManifestField<
  'settings',
  keyof SettingValues extends never ? Readonly<Record<string, unknown>> : Readonly<SettingValues>
>
