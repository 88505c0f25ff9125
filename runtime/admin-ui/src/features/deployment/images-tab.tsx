// The container images of plugins: built, pulled and pushed on an administrator's command, each as a task with its log.

import { Badge, Button, Code, Group, Skeleton, Stack, Table, Text } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import type { ImageView } from '../../../../../sdk/api/images.ts'
import { type ImageVerb, imagesQuery, runImages } from '../../api/deployment.ts'
import { go, taskHref, tasksHref } from '../../app/addresses.ts'
import { ACTIONS, DataTable } from '../../components/data-table.tsx'
import { LoadError } from '../../components/load-error.tsx'
import { showError } from '../../components/notify.ts'
import { Only } from '../../components/only.tsx'
import { t } from '../../languages/text.ts'

interface Command {
  readonly verb: ImageVerb
  readonly names: readonly string[]
}

function useImages() {
  return useMutation({
    mutationFn: ({ verb, names }: Command) => runImages(verb, { names }),
    onSuccess: (tasks) => {
      const [only] = tasks
      go(tasks.length === 1 && only !== undefined ? taskHref(only.task) : tasksHref())
    },
    onError: showError,
  })
}

export function ImagesTab() {
  const images = useQuery(imagesQuery)
  if (images.isPending) return <Skeleton h={120} radius="md" />
  if (images.data === undefined) return <LoadError error={images.error} />
  if (images.data.length === 0) return <Text c="dimmed">{t('No plugin brings an image.')}</Text>
  return (
    <Stack>
      <DataTable minWidth={560} columns={[t('Image'), t('Plugin'), t('Tag'), ACTIONS]}>
        {images.data.map((image) => (
          <Row key={`${image.use} ${image.name}`} image={image} />
        ))}
      </DataTable>
    </Stack>
  )
}

const VERBS: Readonly<Record<ImageView['use'], readonly ImageVerb[]>> = {
  build: ['build'],
  remote: ['pull', 'push'],
}

const LABELS: Readonly<Record<ImageVerb, string>> = {
  build: t('Build'),
  pull: t('Pull'),
  push: t('Push'),
}

function Row({ image: { name, plugin, use, tag, problem } }: { readonly image: ImageView }) {
  const run = useImages()
  return (
    <Table.Tr data-image={name}>
      <Table.Td>{name}</Table.Td>
      <Table.Td>{plugin}</Table.Td>
      <Table.Td>
        {tag !== null && (
          <Code dir="ltr" className="long-value">
            {tag}
          </Code>
        )}
        <Badge variant="light" color="gray" tt="none" ms={4}>
          {use === 'build' ? t('built here') : t('of a registry')}
        </Badge>
        {problem !== null && (
          <Text size="sm" c="red">
            {problem.message}
          </Text>
        )}
      </Table.Td>
      <Table.Td>
        <Only permission="images.manage">
          <Group gap="xs" wrap="nowrap" justify="flex-end">
            {VERBS[use].map((verb) => (
              <Button
                key={verb}
                size="compact-sm"
                variant="default"
                disabled={problem !== null}
                aria-label={`${LABELS[verb]} "${name}"`}
                loading={run.isPending && run.variables.verb === verb}
                onClick={() => run.mutate({ verb, names: [name] })}
              >
                {LABELS[verb]}
              </Button>
            ))}
          </Group>
        </Only>
      </Table.Td>
    </Table.Tr>
  )
}
