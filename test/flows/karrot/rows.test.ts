// Every row of the table of Karrot's capabilities has a test whose name begins with it, in this folder.

import { rowsAreTested } from '../rows.ts'

rowsAreTested(
  [
    'Package',
    'Install',
    'Zip with a top folder',
    'Uninstall/list/show',
    'PLUGIN_DIR',
    'Backend root',
    'Root marker',
    'Backend-only / frontend-only / both',
    'urls.py',
    'Django goodies',
    'Tasks',
    'Frontend root',
    'Vite manifest use',
    'Asset serving',
    'List API',
    'Browser boot',
    'Slots',
    'Shared modules',
    'Dev mode',
    'Failure isolation',
  ],
  'test/flows/karrot/*.test.ts',
)
