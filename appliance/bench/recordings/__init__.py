"""What a site's own recordings tell: ``cloister evaluate recordings``, and ``cloister site learn``, on the box itself.

- ``manifest`` says what was said in which recording; ``normalisation`` is the form in which texts are compared;
- ``hearing`` has the appliance's listener hear a recording; ``journal`` keeps what it heard, for a run that goes on;
- ``scoring`` counts errors and the site's terms; ``statistics`` has intervals and the paired test;
- ``answers`` puts what was heard to the site's responder;
- ``evaluation`` brings it together; ``comparison`` sets two systems side by side; ``gates`` pass or fail a build;
- ``page`` writes the one page of HTML, with ``plots``;
- ``learning`` proposes changes and keeps those that helped on recordings held out; ``turns`` has the part about the end
  of a turn, ``proposals`` the part about words, ``fragments`` what is written.
"""
