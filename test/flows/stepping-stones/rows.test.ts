// Every row of the table of SteppingStones' capabilities has a test whose name begins with it, in this folder.

import { rowsAreTested } from '../rows.ts'

rowsAreTested(
  [
    'Plugin points',
    'Members',
    'Menu rendering',
    'Permission',
    'URLs',
    'Registration',
    'DB rows',
    'Status',
    'Status use',
    'Rename',
    'Broken plugin',
    'BackgroundTask members',
    'Scheduling at start',
    'Disabled plugin',
    'Runner',
    'Persistence',
    'schedule=',
    'replace/remove_existing',
    'Pick order',
    'Lock expiry',
    'Success',
    'Repeat',
    'Failure',
    '.now(...)',
  ],
  'test/flows/stepping-stones/*.test.ts',
)
