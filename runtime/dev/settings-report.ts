// Tells of names in `.plugbay.env` and the shell that no setting has, once each: after a build, since only then the settings are known.

import type { Plugins } from '../lifecycle/plugins.ts'
import type { DevEvent } from './dev-events.ts'

/** Call it after each build. */
export function createSettingsReport(
  plugins: Pick<Plugins, 'settingsProblems'>,
  onEvent: (event: DevEvent) => void,
): () => Promise<void> {
  let told: ReadonlySet<string> = new Set()
  return async () => {
    const sentences = (await plugins.settingsProblems()).map(({ message, hint }) =>
      hint === undefined ? message : `${message}. ${hint}`,
    )
    for (const message of sentences) if (!told.has(message)) onEvent({ event: 'log', level: 'warn', message })
    told = new Set(sentences)
  }
}
