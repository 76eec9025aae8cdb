import js from '@eslint/js';
import tseslint from 'typescript-eslint';

const defaultExport = { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' };
const exportAll = { selector: 'ExportAllDeclaration', message: 'A door names every export: no `export *`.' };
const skippedTest = {
  selector: 'MemberExpression[object.name=/^(it|test|describe)$/][property.name=/^(skip|only|todo|fails)$/]',
  message: 'No skipped, lone or unwritten tests.',
};
const onePlace = 'One place reads the environment: platform/config, or the configuration of an app.';
// What a child process needs of the operating system is no configuration.
const ofTheSystem = '/^(PATH|PATHEXT|SystemRoot|ComSpec|HOME|USERPROFILE|TMPDIR|TEMP|TMP|LANG|LC_ALL|TERM)$/';
const environment = [
  {
    selector: `:not(MemberExpression[property.value=${ofTheSystem}]) > MemberExpression[object.name='process'][property.name='env']`,
    message: onePlace,
  },
  {
    selector: "ImportDeclaration[source.value=/^(node:)?process$/] > ImportSpecifier[imported.name='env']",
    message: onePlace,
  },
];

export default tseslint.config(
  {
    ignores: ['**/dist/**', '**/node_modules/**', '.coorchat/**', 'coverage/**', 'src/platform/db/generated/**'],
  },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  ...tseslint.configs.recommended,
  {
    rules: {
      'no-undef': 'off',
      'no-control-regex': 'off',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-restricted-syntax': ['error', defaultExport, exportAll, skippedTest],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'all', ignoreRestSiblings: true },
      ],
    },
  },
  {
    files: ['**/*.ts'],
    languageOptions: {
      parserOptions: {
        project: './tsconfig.test.json',
        tsconfigRootDir: import.meta.dirname,
        // With these the rule about type imports leaves classes that Nest injects alone.
        emitDecoratorMetadata: true,
        experimentalDecorators: true,
      },
    },
    rules: {
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/consistent-type-imports': [
        'error',
        { fixStyle: 'separate-type-imports', disallowTypeAnnotations: false },
      ],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/prefer-promise-reject-errors': [
        'error',
        { allowThrowingAny: true, allowThrowingUnknown: true },
      ],
      '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true, requireDefaultForNonUnion: false },
      ],
    },
  },
  {
    files: ['{src,libs,apps}/**/*.ts'],
    rules: {
      'no-console': 'error',
      'no-restricted-syntax': ['error', defaultExport, exportAll, skippedTest, ...environment],
      '@typescript-eslint/no-non-null-assertion': 'error',
      'max-lines': ['warn', { max: 300, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['warn', { max: 40, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    files: [
      'src/platform/config/**/*.ts',
      'apps/*/src/config/**/*.ts',
      'apps/*/src/**/*.config.ts',
      'apps/*/src/main.ts',
      'libs/testing/**',
    ],
    rules: { 'no-restricted-syntax': ['error', defaultExport, exportAll, skippedTest] },
  },
  {
    files: ['**/*.spec.ts', 'test/**/*.ts', 'tools/**/*.{ts,mjs}'],
    rules: {
      'no-console': 'off',
      'no-restricted-syntax': ['error', defaultExport, exportAll, skippedTest],
      'max-lines-per-function': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  {
    files: ['*.config.{ts,js,mjs,cjs}', '.dependency-cruiser.mjs', '**/*.global.ts', 'tools/test/count-reporter.ts'],
    rules: { 'no-restricted-syntax': ['error', exportAll, skippedTest] },
  },
);
