// Asks, at each public address, whether the sandbox of plugins' pages arrives there: a proxy may replace the header that it is in, and
// then a plugin's page would have the rights of everything else at that address.
// Invariant: no document is served at a public address while it is known to lose the sandbox.

import { type PublicConfig, publicAddresses } from '../../config/public-urls.ts'
import type { Log } from '../../log.ts'
import type { Mount } from '../exchange/mount.ts'

/** The reserved path that is asked for: below "/.plugbay". */
export const PROBE_PATH = '/sandbox'
export const PROBE_ANSWER = JSON.stringify({ plugbay: 'sandbox' })

const PATIENCE_MS = 3000
const KEPT_FOR_MS = 600_000
/** The operator may be repairing it. */
const LOST_FOR_MS = 10_000

export interface SandboxProbeOptions {
  /** Only these addresses are asked: visitors choose the names of others. */
  readonly config: PublicConfig
  readonly log: Pick<Log, 'error' | 'warn'>
}

interface Verdict {
  readonly isKept: boolean
  readonly until: number
}

export class SandboxProbe {
  readonly #origins: ReadonlySet<string>
  readonly #log: SandboxProbeOptions['log']
  /** By what is in front of the id in the address: "https://media.example.org/tools/plugins/". */
  readonly #verdicts = new Map<string, Verdict>()
  readonly #asking = new Map<string, Promise<boolean>>()

  constructor({ config, log }: SandboxProbeOptions) {
    this.#origins = new Set(publicAddresses(config).map(({ url }) => url.origin))
    this.#log = log
  }

  /** Whether a document may be served at a mount. Never rejects. */
  keepsSandbox(mount: Mount): boolean | Promise<boolean> {
    if (mount.mode === 'own' || !this.#origins.has(mount.origin)) return true
    const prefix = mount.origin + mount.path.slice(0, -mount.id.length)
    const known = this.#verdicts.get(prefix)
    if (known !== undefined && performance.now() < known.until) return known.isKept
    let asking = this.#asking.get(prefix)
    if (asking === undefined) {
      asking = this.#ask(`${mount.origin}${mount.path}/.plugbay${PROBE_PATH}`).then((isKept) => {
        this.#asking.delete(prefix)
        this.#verdicts.set(prefix, {
          isKept,
          until: performance.now() + (isKept ? KEPT_FOR_MS : LOST_FOR_MS),
        })
        return isKept
      })
      this.#asking.set(prefix, asking)
    }
    return asking
  }

  async #ask(url: string): Promise<boolean> {
    try {
      const answer = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(PATIENCE_MS) })
      if ((await answer.text()) !== PROBE_ANSWER) return true
      const isKept = /(?:^|[;,])\s*sandbox\s/.test(answer.headers.get('content-security-policy') ?? '')
      if (!isKept)
        this.#log.error(
          { url },
          'The content-security-policy of plugins is replaced on its way to visitors: their pages are refused until it arrives (docs/http.md, "In your application")',
        )
      return isKept
    } catch (error) {
      // Many servers cannot reach their own public address.
      this.#log.warn(
        { url, error: String(error) },
        'Could not check whether the sandbox of plugins arrives at the public address',
      )
      return true
    }
  }
}
