// The steps of plugins that set the application up, in the order in which they run: a pure function of what serves.

import { initScript } from '../../sdk/manifest/layout.ts'
import type { ServingPlugin } from './live-plugin.ts'

export interface PlannedStep {
  readonly plugin: ServingPlugin
  readonly stage: 'pre' | 'run'
  readonly name: string
  /** Path of the script in the package; null: a handler of the backend. */
  readonly script: string | null
}

/** "pre" of all plugins, then "run" of all, each in the order of plugins, and of their manifests. */
export function plannedSteps(plugins: readonly ServingPlugin[]): readonly PlannedStep[] {
  return (['pre', 'run'] as const).flatMap((stage) =>
    plugins.flatMap((plugin) => {
      const { artifact, manifest } = plugin
      return (manifest.contributes?.init?.[stage] ?? []).map((name) => {
        const path = initScript(manifest, { stage, name })
        const isScript = artifact.entries.some((entry) => entry.path === path)
        return { plugin, stage, name, script: isScript ? path : null }
      })
    }),
  )
}
