// What can be chosen in the panel: lists of [code, name] that came with the file.

class Choices {
  constructor(config) {
    this.lists = config ?? {};
  }

  of(name) {
    return this.lists[name] ?? [];
  }
}

Choices.$inject = ['config.choices'];

export default { choices: ['type', Choices] };
