// Plugins whose defaults a plugin would change, and which are not installed.

import { didYouMean } from '../../../sdk/text/did-you-mean.ts'
import type { LivePlugin } from '../../contributions/live-plugin.ts'
import type { Problem } from '../../errors.ts'
import type { PluginControllers } from '../plugin-controllers.ts'

interface Installed {
  readonly controllers: Pick<PluginControllers, 'all' | 'get'>
  readonly hostId: string
}

export function absentTargets(
  live: LivePlugin | undefined,
  { controllers, hostId }: Installed,
): readonly Problem[] {
  if (live?.kind !== 'serving') return []
  const absent = Object.keys(live.manifest.settingDefaults ?? {}).filter(
    (id) => id !== hostId && controllers.get(id)?.record === undefined,
  )
  return absent.map((id) => {
    const near = didYouMean(
      id,
      controllers.all.map((each) => each.id),
    )
    return {
      code: 'SETTINGS_INVALID',
      message: `"settingDefaults" names the plugin "${id}", which is not installed`,
      hint: near === undefined ? 'They count as soon as it is installed' : `Did its author mean "${near}"?`,
      file: 'manifest.json',
      pointer: `/settingDefaults/${id}`,
    }
  })
}
