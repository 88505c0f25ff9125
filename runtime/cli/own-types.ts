// The types of what the standalone server offers, for the projects of authors.

import type { HostTypes } from '../../sdk/host/declaration-file.ts'
import { Points } from '../host/points.ts'
import { SERVER_HOST } from '../server-host.ts'

export function ownTypes(): HostTypes {
  return { host: SERVER_HOST, points: new Points(SERVER_HOST).list() }
}
