"""Names of people that are common in Spain and Latin America, written down for this project. Pure.

A site names the people whom it expects beside these (``speech.lists.name``).
"""

from __future__ import annotations

GIVEN_NAMES = tuple(
    """
    maría josé antonio manuel carmen francisco juan david ana javier daniel carlos isabel laura jesús alejandro miguel
    cristina rafael pedro marta pablo lucía ángel sergio fernando luis jorge alberto álvaro dolores pilar elena teresa
    diego adrián raquel paula rosa raúl sara enrique ramón vicente iván rubén óscar andrés joaquín santiago eduardo
    víctor roberto jaime ignacio mercedes rocío beatriz mónica patricia sandra julia irene andrea silvia alba nuria
    montserrat encarnación josefa concepción francisca antonia margarita ángela inmaculada lourdes gloria esther eva
    susana yolanda sonia marina natalia alicia claudia noelia olga julio emilio ricardo tomás martín hugo mateo lucas
    nicolás gabriel marcos samuel felipe agustín gonzalo guillermo mario alfonso salvador domingo esteban camila
    valentina sofía daniela ximena guadalupe verónica leticia gabriela fernanda mariana juana luisa
    """.split()
)

FAMILY_NAMES = tuple(
    """
    garcía rodríguez gonzález fernández lópez martínez sánchez pérez gómez martín jiménez hernández ruiz díaz moreno
    muñoz álvarez romero alonso gutiérrez navarro torres domínguez vázquez ramos gil ramírez serrano blanco molina
    morales suárez ortega delgado castro ortiz rubio marín sanz núñez iglesias medina garrido cortés castillo santos
    lozano guerrero cano prieto méndez cruz calvo gallego vidal león márquez herrera peña flores cabrera campos vega
    fuentes carrasco diez caballero reyes nieto aguilar pascual santana herrero montero lorenzo hidalgo giménez ibáñez
    ferrer durán santiago benítez mora vicente vargas arias carmona crespo román pastor soto sáez velasco moya soler
    parra esteban bravo gallardo rojas contreras silva mendoza rivera gutierrez chávez ríos juárez salazar guzmán
    acosta mejía espinoza cárdenas miranda valdez figueroa ávila robles sandoval cervantes salinas pacheco
    """.split()
)
