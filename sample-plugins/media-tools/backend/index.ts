// What the plugin offers on books, series and media of the library, and the tasks that do what takes time.

import { definePlugin } from 'plugbay/sdk'
import { countWords, coverText } from './actions/book.ts'
import { rename, sign } from './actions/file.ts'
import { move, setAside } from './actions/files.ts'
import { checksums, findDuplicates } from './actions/folder.ts'
import { findings } from './actions/general.ts'
import { backUp, cleanTemp } from './actions/media.ts'
import { countSeries } from './actions/series.ts'
import { backUpTask } from './tasks/back-up.ts'
import { checksumsTask } from './tasks/checksums.ts'
import { cleanTempTask } from './tasks/clean-temp.ts'
import { countWordsTask } from './tasks/count-words.ts'
import { findDuplicatesTask } from './tasks/find-duplicates.ts'
import { moveFileTask } from './tasks/move-file.ts'

export default definePlugin({
  actions: {
    findings,
    'count-words': countWords,
    'cover-text': coverText,
    'count-series': countSeries,
    'clean-temp': cleanTemp,
    'back-up': backUp,
    checksums,
    'find-duplicates': findDuplicates,
    rename,
    sign,
    move,
    'set-aside': setAside,
  },
  tasks: {
    'count-words': countWordsTask,
    'clean-temp': cleanTempTask,
    'back-up': backUpTask,
    checksums: checksumsTask,
    'find-duplicates': findDuplicatesTask,
    'move-file': moveFileTask,
  },
})
