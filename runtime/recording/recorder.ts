// Records what plugins do, and what is refused before it reaches them, in development: in production there is no recorder.
// Invariant: it knows the plugins that had a release; visitors, who make names up, add none.

import { ERROR_CODES, type ErrorCode } from '../errors.ts'
import type { SecretMask } from '../secrets/secret-mask.ts'
import { PluginRecording } from './plugin-recording.ts'
import { ReleaseRecorder } from './release-recorder.ts'
import { type ArrivedRequest, RequestArrival } from './request-arrival.ts'

interface Known {
  readonly recording: PluginRecording
  /** Of its newest release. */
  readonly mask: SecretMask
}

/** A request of which is not known whom it is for. */
export interface StrayRequest extends Omit<ArrivedRequest, 'target'> {
  readonly url: string
  readonly host: string | undefined
}

export class Recorder {
  readonly #plugins = new Map<string, Known>()

  /** Of all releases of the plugin since the start. */
  of(pluginId: string): PluginRecording {
    return this.#known(pluginId, (text) => text).recording
  }

  /** @param mask of the release's secrets */
  ofRelease(pluginId: string, mask: SecretMask): ReleaseRecorder {
    const { recording } = this.#known(pluginId, mask)
    this.#plugins.set(pluginId, { recording, mask })
    return new ReleaseRecorder(recording, mask)
  }

  /** Undefined for a name that no plugin has. */
  arrival(pluginId: string, request: ArrivedRequest): RequestArrival | undefined {
    const known = this.#plugins.get(pluginId)
    return known && new RequestArrival(request, known)
  }

  /** The address names the plugin, though the request was refused before anything in it was believed. */
  refusedStray({ url, host, ...request }: StrayRequest, code: ErrorCode): void {
    const [, below = ''] = /^[^?]*?\/plugins\/([^/?]+)/.exec(url) ?? []
    const [label = ''] = host?.split('.', 1) ?? []
    const id = [below, label].find((name) => this.#plugins.has(name))
    if (id === undefined) return
    const why =
      code === 'MISDIRECTED' ? `The server does not answer under "${host}": see "publicUrl"` : undefined
    this.arrival(id, { ...request, target: url })?.isRefused({ code, why }, ERROR_CODES[code].status)
  }

  #known(pluginId: string, mask: SecretMask): Known {
    const known = this.#plugins.get(pluginId) ?? { recording: new PluginRecording(), mask }
    this.#plugins.set(pluginId, known)
    return known
  }
}
