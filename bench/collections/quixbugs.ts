import type { Collection } from "./collection.ts";

/**
 * Forty algorithms with one bug of one line each. The tests read cases as JSON by a path, import a class of nodes that lies beside them, and choose between the
 * correct and the buggy program by what conftest.py sets.
 */
export const quixBugs: Collection = {
  name: "quixbugs",
  repository: "https://github.com/jkoppel/QuixBugs",
  licence: "MIT",
  language: "python",
  programs: 40,
  arrange: async (clone) => clone,
  flags: [
    ...["--correct", "correct_python_programs/{name}.py", "--buggy", "python_programs/{name}.py"],
    ...["--tests", "python_testcases/test_{name}.py", "--imported-as", "python_programs/{name}.py"],
    ...["--support", "python_testcases/load_testdata.py", "python_testcases/node.py", "json_testcases/{name}.json"],
    ...["--except", "**/*_test.py", "*_programs/node.py"],
    ...["--before", "import pytest; pytest.use_correct = pytest.run_slow = False"],
    // One of the correct programs needs seconds, and what loops for ever costs this much.
    ...["--time", "60000"],
  ],
};
