// One attempt to start an instance: placed and loaded within the response deadline.

import type { GuestExports } from '../../../sdk/protocol/guest-calls.ts'
import type { Instance } from '../instance/instance.ts'
import type { Sandbox } from '../placement/sandbox.ts'
import { InstanceFailure, type InstanceSpec } from '../types.ts'

export type Attempt =
  | { readonly instance: Instance; readonly exports: GuestExports; readonly failure: undefined }
  /** `instance` has been stopped again; undefined when the attempt did not get that far. */
  | { readonly instance: Instance | undefined; readonly failure: InstanceFailure }

/** @param ownProcess for a plugin with a strike */
export async function startInstance(
  sandbox: Sandbox,
  spec: InstanceSpec,
  ownProcess: boolean,
): Promise<Attempt> {
  let instance: Instance | undefined
  try {
    instance = await sandbox.start(spec, { ownProcess })
    const exports = await withDeadline(instance.loaded, spec.limits.deadlineMs)
    return { instance, exports, failure: undefined }
  } catch (error) {
    if (instance !== undefined) sandbox.stop(instance)
    const failure =
      error instanceof InstanceFailure ? error : new InstanceFailure('LOAD_FAILED', String(error))
    return { instance, failure }
  }
}

async function withDeadline<T>(promise: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new InstanceFailure('LOAD_FAILED', `The backend did not load within ${ms} ms`)),
      ms,
    )
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
