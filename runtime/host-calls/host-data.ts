// The functions data.list, data.snapshot and data.restore of every runtime: their arguments have been checked against their schemas.

import type { HostData, SnapshotForm } from '../data/host/host-data.ts'
import type { RuntimeCalls } from '../host/runtime-points.ts'

/** @param hostData made after the points, and before any plugin runs */
export function hostDataCalls(hostData: () => HostData): RuntimeCalls {
  return {
    'data.list': (args, caller) => (isMeasured(args) ? hostData().measure(caller) : hostData().list()),
    'data.snapshot'(args, { body, ...caller }) {
      const { sources, pack, key = null, form = 'tar', packBytes } = args as SnapshotArgs
      if (pack !== undefined) return hostData().packs.read(pack, { plugin: caller.plugin, head: body, key })
      return hostData().snapshot(sources, { ...caller, body, form, packBytes })
    },
    async 'data.restore'(args, caller) {
      const { restored, atNextStart } = await hostData().restore(sourcesOf(args), caller)
      return { restored, atNextStart }
    },
  }
}

interface SnapshotArgs {
  readonly sources?: readonly string[]
  readonly form?: SnapshotForm
  readonly packBytes?: number
  /** The name of the packs of a snapshot: one of them is asked for. */
  readonly pack?: string
  readonly key?: string
}

function sourcesOf(args: unknown): readonly string[] | undefined {
  return (args as { readonly sources?: readonly string[] }).sources
}

function isMeasured(args: unknown): boolean {
  return (args as { readonly sizes?: boolean } | null)?.sizes === true
}
