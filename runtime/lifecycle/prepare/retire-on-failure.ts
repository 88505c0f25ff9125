// A step of a release on its way to serving.
// Invariant: what a step that fails leaves behind serves nothing and holds nothing.

import type { PreparedRelease } from './prepare-release.ts'

/** Resolves and rejects as the step does. A release that is not needed for it is undefined. */
export async function retireOnFailure<T>(
  prepared: PreparedRelease | undefined,
  step: () => Promise<T>,
): Promise<T> {
  try {
    return await step()
  } catch (error) {
    await prepared?.retire()
    throw error
  }
}
