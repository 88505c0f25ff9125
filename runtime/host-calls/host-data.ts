// The functions data.list, data.snapshot and data.restore of every runtime: their arguments have been checked against their schemas.

import type { HostData, SnapshotForm } from '../data/host/host-data.ts'
import type { RuntimeCalls } from '../host/runtime-points.ts'

/** @param hostData made after the points, and before any plugin runs */
export function hostDataCalls(hostData: () => HostData): RuntimeCalls {
  return {
    'data.list': (args, caller) => (isMeasured(args) ? hostData().measure(caller) : hostData().list()),
    'data.snapshot': (args, caller) =>
      hostData().snapshot(sourcesOf(args), { ...caller, form: formOf(args) }),
    async 'data.restore'(args, caller) {
      const { restored, atNextStart } = await hostData().restore(sourcesOf(args), caller)
      return { restored, atNextStart }
    },
  }
}

function sourcesOf(args: unknown): readonly string[] | undefined {
  return (args as { readonly sources?: readonly string[] }).sources
}

function isMeasured(args: unknown): boolean {
  return (args as { readonly sizes?: boolean } | null)?.sizes === true
}

function formOf(args: unknown): SnapshotForm {
  return (args as { readonly form?: SnapshotForm }).form ?? 'tar'
}
