// Whose task it is: a link to the plugin, or the server itself.

import { Anchor, Text } from '@mantine/core'
import type { TaskView } from '../../../../../sdk/api/tasks.ts'
import { pluginHref } from '../../app/addresses.ts'
import { sourceText } from './task-words.ts'

export function TaskSource({
  plugin,
  dimmed = false,
}: Pick<TaskView, 'plugin'> & { readonly dimmed?: boolean }) {
  const look = { size: 'sm', ...(dimmed && { c: 'dimmed' }) }
  if (plugin === null) return <Text {...look}>{sourceText({ plugin })}</Text>
  return (
    <Anchor href={pluginHref(plugin)} {...look}>
      {plugin}
    </Anchor>
  )
}
