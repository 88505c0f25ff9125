// Runs one step of preparing a release.
// Invariant: after a failed step the release serves nothing and holds no resources.

import type { PreparedRelease } from './prepare-release.ts'

/** Settles as the step does; when it rejects, the release is retired first, if there is one. */
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
