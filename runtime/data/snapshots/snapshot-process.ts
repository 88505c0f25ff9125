// The process of one snapshot of a plugin's data.

import { childEntry } from '../../bundles/children.ts'
import { NO_JAIL } from '../../processes/jail/jail.ts'
import type { DataProcessOptions } from '../data-process.ts'
import type { SnapshotCall } from './snapshot-call.ts'
import { TransferProcess } from './transfer-process.ts'

const entry = childEntry('data-transfer')
/** An import is checked in less time, unless its schema was made to take longer. */
const TIMES = { stepMs: 120_000, checkMs: 10_000, idleMs: 60_000 }

type Begin = Extract<SnapshotCall, { readonly method: 'begin' }>

export class SnapshotProcess extends TransferProcess<SnapshotCall> {
  /** Settles when the process has started, or has failed to. */
  readonly ready: Promise<unknown>

  constructor(
    { folder, jail = NO_JAIL, log }: Pick<DataProcessOptions, 'folder' | 'jail' | 'log'>,
    begin: Omit<Begin, 'method'>,
  ) {
    const rights = { read: [folder], write: [folder] }
    super({ name: 'data transfer', entry: entry(), rights, jail, log, times: TIMES })
    this.ready = this.call({ method: 'begin', ...begin })
    // A caller that did not wait for `ready` gets the error from its step.
    this.ready.catch(() => undefined)
  }
}
