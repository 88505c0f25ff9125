// The head of a host call: in development it says which request made it.

import { hostCallHead } from '../../../../sdk/protocol/host-calls.ts'
import { realm } from '../web/base/realm.ts'
import { currentRequest } from '../web/base/request-context.ts'

export function callHead(method: string, list: string): string {
  return hostCallHead(method, list, realm.isRecorded ? currentRequest()?.id : undefined)
}
