// Ends a runtime with SIGKILL, and waits for its children. They end by themselves, but for one that its bwrap had not begun: that is
// ended as the next start would end it, since the files are examined before.

import { endJailLeftovers } from '../../runtime/processes/jail/jail-leftovers.ts'
import { descendantsOf } from '../support/jail.ts'
import type { Killable } from '../support/killable.ts'
import { processesEnd, watchProcesses } from '../support/processes-end.ts'

export async function killWithChildren(server: Killable): Promise<void> {
  const children = watchProcesses(descendantsOf(server.pid))
  await server.kill()
  const sweeping = setInterval(endJailLeftovers, 500)
  try {
    await processesEnd('its children end', children)
  } finally {
    clearInterval(sweeping)
  }
}
