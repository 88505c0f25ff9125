// Runs one step of preparing a release.
// Invariant: after a failed step the release serves nothing and holds no resources, and the data is as it was before.

import type { PreparedRelease } from './prepare-release.ts'

/** Settles as the step does; when it rejects, the release is retired first, if there is one, and its upgrade undone. */
export async function retireOnFailure<T>(
  prepared: PreparedRelease | undefined,
  step: () => Promise<T>,
): Promise<T> {
  try {
    return await step()
  } catch (error) {
    await prepared?.retire('withdrawn').stopped
    await prepared?.data.undo()
    throw error
  }
}
