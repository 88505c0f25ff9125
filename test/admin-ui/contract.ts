// The admin page has its own types of what it is told. This file compiles only while they agree with the server's.

import type * as page from '../../runtime/admin-ui/src/api/types.ts'
import type * as server from '../../runtime/lifecycle/plugins.ts'
import type { Permissions } from '../../sdk/permissions/permissions.ts'
import type { Problem } from '../../sdk/protocol/problem.ts'

/** What the server sends must be what the page expects. */
type Sends<Server extends Page, Page> = Server

export type Contract = [
  Sends<server.Installation, page.Installation>,
  Sends<server.InspectReport, page.InspectReport>,
  Sends<server.SettingView, page.SettingView>,
  Sends<server.LogLine, page.LogLine>,
  Sends<server.Evidence, page.Evidence>,
  Sends<server.DataImport, page.DataImport>,
  Sends<server.PluginState, page.PluginState>,
  Sends<Problem, page.Problem>,
  Sends<Permissions, page.Permissions>,
  // And back: grants that the page sends.
  Sends<page.Permissions, Permissions>,
]
