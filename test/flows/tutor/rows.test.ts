// Every row of the table of Tutor's capabilities has a test whose name begins with it.

import { rowsAreTested } from '../rows.ts'

rowsAreTested([
  'Discovery',
  'Any attribute may be callable',
  'Type checks',
  'config.add',
  'config.defaults',
  'config.set',
  'Disable removes set',
  'Precedence',
  'config CLI',
  'Undefined in template',
  'Patches',
  'Patch order in v1',
  'Template filters',
  'hooks.pre-init / init',
  'hooks.build-image',
  'hooks.remote-image',
  'templates',
  'Enable/disable',
  'plugins list output',
  'Install/update/search',
  'Plugin CLI',
  'v1 hooks',
])
