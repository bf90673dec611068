/** Options of one command, strictly: what is not declared is refused. */
import { type ParseArgsConfig, parseArgs } from 'node:util'

type Declared = NonNullable<ParseArgsConfig['options']>

type Parsed<Options extends Declared> = ReturnType<
  typeof parseArgs<{ args: string[]; options: Options; allowPositionals: true }>
>

/** The words of a command, sorted; text says what is wrong with them. */
export function readOptions<const Options extends Declared>(
  words: readonly string[],
  options: Options,
): Parsed<Options> | string {
  try {
    return parseArgs({ args: [...words], options, allowPositionals: true })
  } catch (error) {
    if (!(error instanceof TypeError) || !('code' in error)) throw error
    const [sentence = 'the options are not understood'] = error.message.split(/\. |\n/)
    return sentence
  }
}
