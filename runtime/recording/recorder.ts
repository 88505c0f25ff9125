// Records what plugins do, in development: in production there is no recorder.

import type { SecretMask } from '../secrets/secret-mask.ts'
import { PluginRecording } from './plugin-recording.ts'
import { ReleaseRecorder } from './release-recorder.ts'

export class Recorder {
  readonly #plugins = new Map<string, PluginRecording>()

  /** Of all releases of the plugin since the start. */
  of(pluginId: string): PluginRecording {
    const known = this.#plugins.get(pluginId)
    if (known !== undefined) return known
    const made = new PluginRecording()
    this.#plugins.set(pluginId, made)
    return made
  }

  /** @param mask of the release's secrets */
  ofRelease(pluginId: string, mask: SecretMask): ReleaseRecorder {
    return new ReleaseRecorder(this.of(pluginId), mask)
  }
}
